# The sensor as its user meets it. Root, network namespaces, iproute2, setpriv, promtool; doctor's a broker (scripts/kafka).
find_package(Python3 3.11 REQUIRED COMPONENTS Interpreter)

foreach(name conduct conduct_usage conduct_doctor conduct_capture conduct_report)
  add_test(NAME system_${name} COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/${name}_test.py)
  # detect_leaks: the leak check traces its own process, which the sensor's seccomp filter does not let it.
  set_tests_properties(system_${name} PROPERTIES TIMEOUT 120 LABELS system ENVIRONMENT
    "ZONELAG_SENSOR=$<TARGET_FILE:zonelag-sensor>;ZONELAG=$<TARGET_FILE:zonelag>;ZONELAG_SOURCE_DIR=${CMAKE_SOURCE_DIR};PYTHONDONTWRITEBYTECODE=1;ASAN_OPTIONS=detect_leaks=0")
endforeach()
