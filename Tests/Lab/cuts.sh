# Tests/Lab/cuts.sh: power cuts at random moments, sourced after lib.sh. The guest's console says
# `STATE SUBJECT DIGEST` after it has recovered at boot, `LOOP` when it begins to apply and to take
# back in turn, then `BEGIN SUBJECT WHAT` and `END SUBJECT WHAT CODE`.

declare -A before after seen reported

# word START NUMBER: a word of the console's last line that begins so, counted behind START.
word() { sed -n "s/\r//; s/^$1 \(.*\)/\1/p" "$WORK/console" | awk "{ print \$$2 }" | tail -n 1; }

# judge SUBJECT DIGEST [WANTED]: before or after, and no other; which it $is.
judge() {
  is=third
  [ "$2" != "${before[$1]}" ] || is=before
  [ "$2" != "${after[$1]}" ] || is=after
  [ $is != third ] || fail "$1 is neither as before (${before[$1]}) nor as after (${after[$1]}): $2"
  [ "${3:-any}" = any ] || [ "$3" = $is ] || fail "$1 is as $is; it had been reported as $3"
  seen[$is]=$((${seen[$is]:-0} + 1))
}
counts() { echo "before ${seen[before]:-0}, after ${seen[after]:-0}, neither 0"; }

# cut_power COUNT TURN START SUBJECT...: `START cut` boots a guest that is cut off from outside at any
# moment of a TURN (hundredths of a second); `START strike` one that cuts itself off while something
# is being changed. What it had reported as done must be so at the next boot.
cut_power() {
  local count=$1 turn=$2 start=$3 number step subject line
  shift 3
  seen=()
  for subject in "$@"; do reported[$subject]=any; done
  for ((number = 1; number <= count; number++)); do
    step=$([ $((number % 2)) = 0 ] && echo cut || echo strike)
    $start "$step"
    lab_says 600 '^LOOP' || fail "cut $number: the host does not come up"
    if [ "$step" = cut ]; then
      sleep "$(awk -v t="$turn" -v r="$RANDOM" 'BEGIN { print t / 100 * r / 32768 }')"
      lab_cut
    else
      wait "$lab_guest" || fail "cut $number: the power did not fail"
      lab_guest=
    fi
    for subject in "$@"; do
      [ -n "$(word "STATE $subject" 1)" ] || fail "cut $number: $subject says no state"
      judge "$subject" "$(word "STATE $subject" 1)" "${reported[$subject]}"
      reported[$subject]=$is
      line=$(tr -d '\r' <"$WORK/console" | grep -E "^(BEGIN|END) $subject" | tail -n 1 || true)
      case $line in
        "END $subject apply "[01]) reported[$subject]=after ;;
        "END $subject rollback 0") reported[$subject]=before ;;
        "") ;;
        *) reported[$subject]=any ;;
      esac
    done
    # So that a run of hours which is ended early has said something.
    [ $((number % 20)) != 0 ] || [ "$number" = "$count" ] || say "$number power cuts so far: $(counts)"
  done
  say "$count power cuts: $(counts)"
}
