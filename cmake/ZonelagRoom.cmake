# What every target of the project is compiled with, and the one helper that makes a room's library.

find_package(Threads REQUIRED)

add_library(zonelag_flags INTERFACE)
# Designated initializers leave out what has a default on purpose.
target_compile_options(zonelag_flags INTERFACE -Wall -Wextra -Wconversion -Wshadow -Wno-missing-field-initializers)
if(ZONELAG_WERROR)
  target_compile_options(zonelag_flags INTERFACE -Werror)
endif()
if(ZONELAG_SANITIZE)
  target_compile_options(zonelag_flags INTERFACE -fsanitize=${ZONELAG_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(zonelag_flags INTERFACE -fsanitize=${ZONELAG_SANITIZE})
endif()
if(ZONELAG_FUZZ)
  target_compile_options(zonelag_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# zonelag_room(NAME SOURCES a.cc... [PUBLIC lib...] [PRIVATE lib...])
# makes the library zonelag_NAME, alias zonelag::NAME, with NAME/include as its include root.
function(zonelag_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(zonelag_${name} STATIC ${ROOM_SOURCES})
  add_library(zonelag::${name} ALIAS zonelag_${name})
  target_include_directories(zonelag_${name} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}/include PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(zonelag_${name} PUBLIC ${ROOM_PUBLIC} PRIVATE zonelag_flags ${ROOM_PRIVATE})
endfunction()

# zonelag_test(NAME SOURCES a_test.cc... [LINK lib...])
# makes the GoogleTest program NAME and registers it with ctest as one test with a time limit.
# The source folder is in ZONELAG_SOURCE_DIR, so that tests find pcaps/.
function(zonelag_test name)
  cmake_parse_arguments(TEST "" "TIMEOUT" "SOURCES;LINK" ${ARGN})
  if(NOT TEST_TIMEOUT)
    set(TEST_TIMEOUT 300)
  endif()
  add_executable(${name} ${TEST_SOURCES})
  target_compile_definitions(${name} PRIVATE ZONELAG_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  target_link_libraries(${name} PRIVATE zonelag_flags ${TEST_LINK} GTest::gmock GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${TEST_TIMEOUT})
endfunction()
