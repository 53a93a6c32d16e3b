#!/usr/bin/env bash
# Checks zonelag-traffic from outside: equal bytes for equal arguments, errors, and what tshark makes of its files.
# usage: program_test.sh PROGRAM
set -euo pipefail

program=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() { echo "program_test: $*" >&2; exit 1; }

# Arguments of each scenario, small. Those of `clean` have nothing that a reader may object to.
clean=(
  "mix --count 4000 --v6 30 --period 0.01 --truth truth.csv"
  "mix --count 4000 --vlan 7 --micro"
  "axfr --records 5000"
  "axfr --records 5000 --segment 65160 --v6 --question first --tsig --messages-size 65535"
  "transfers --open 200 --interleave 4 --finish"
  "transfers --open 200"
  "notify --count 2000 --zones 50"
)
disturbed=(
  "axfr --records 5000 --reorder 5 --duplicate 5 --overlap 5 --start-seq 4294900000"
  "axfr --records 5000 --drop 2"
  "hostile --count 2000"
)

for arguments in "${clean[@]}" "${disturbed[@]}"; do
  read -ra words <<<"$arguments"
  "$program" "${words[@]}" one.pcap >summary.json 2>stderr.txt || fail "$arguments: $(cat stderr.txt)"
  [ ! -s stderr.txt ] || fail "$arguments: wrote to stderr without a terminal: $(cat stderr.txt)"
  [ "$(wc -l <summary.json)" = 1 ] || fail "$arguments: the summary is not one line"
  "$program" "${words[@]}" - >two.pcap 2>summary2.json || fail "$arguments, to stdout"
  cmp one.pcap two.pcap || fail "$arguments: other bytes the second time"
  cmp summary.json summary2.json || fail "$arguments: another summary the second time"
  "$program" "${words[@]}" --seed 2 two.pcap >/dev/null
  ! cmp -s one.pcap two.pcap || fail "$arguments: the seed changes nothing"
done
head -n 1 truth.csv | grep -qx 'zone,serial,first_notify_ns,first_answer_ns' || fail "the truth file's head line"

refuse() {  # exit code, word in the message, arguments
  local code=$1 word=$2 got=0
  shift 2
  "$program" "$@" >out.txt 2>&1 || got=$?
  [ "$got" = "$code" ] || fail "'$*' exits with $got, not $code"
  grep -q -- "$word" out.txt || fail "'$*' does not name '$word': $(cat out.txt)"
}
refuse 2 subcommand
refuse 2 --no-such mix x.pcap --no-such
refuse 2 --mix mix x.pcap --mix answer=many
refuse 2 --records axfr x.pcap --records 1
refuse 2 --zone axfr x.pcap --zone a..b
refuse 2 --kinds hostile x.pcap --kinds dns,other
refuse 1 /no/such/file axfr /no/such/file --records 10
refuse 1 /no/such/truth mix x.pcap --truth /no/such/truth
[ ! -e x.pcap ] || fail "a refused command wrote a file"

command -v tshark >/dev/null || { echo "program_test: no tshark, so no second opinion"; exit 77; }
checked=(-o ip.check_checksum:TRUE -o udp.check_checksum:TRUE -o tcp.check_checksum:TRUE)
for arguments in "${clean[@]}"; do
  read -ra words <<<"$arguments"
  "$program" "${words[@]}" one.pcap >summary.json
  tshark -r one.pcap "${checked[@]}" -T fields -e frame.number \
    -Y '_ws.malformed or tcp.analysis.lost_segment or tcp.analysis.retransmission or
        ip.checksum.status == "Bad" or udp.checksum.status == "Bad" or tcp.checksum.status == "Bad"' \
    >bad.txt 2>tshark.txt || fail "tshark: $(cat tshark.txt)"
  [ ! -s bad.txt ] || fail "$arguments: tshark objects to packets $(head -n 5 bad.txt | tr '\n' ' ')"
done

# tshark puts the disturbed stream together, too, and counts the records.
"$program" axfr --records 5000 --reorder 5 --duplicate 5 --overlap 5 one.pcap >/dev/null
records=$(tshark -r one.pcap -o tcp.reassemble_out_of_order:TRUE -T fields -e dns.count.answers -Y dns.flags.response 2>/dev/null |
  tr ',' '\n' | awk '{ sum += $1 } END { print sum }')
[ "$records" = 5000 ] || fail "tshark counts $records records instead of 5000"
