#!/bin/bash
# run.sh SCRIPT VERB [arguments]: one step of a case. Its name and variables are in the environment (CASE, INDEX, ...).
# up: the host and its sshd, calm; start: its trouble; symptom: what people see, as JSON; set, article, cure: settings;
# guard: waits and takes down; down: everything is gone.
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
SCRIPT=$1 VERB=$2
shift 2
case $SCRIPT in *[!a-z0-9-]*) die 'no such case' ;; esac
. "$HERE/$SCRIPT.case.sh" || die 'no such case'
case $VERB in
  up | start | down | guard | set | article) "case_$VERB" "$@" ;;
  symptom) symptom ;;
  cure) cure ;;
  states) states ;;
  *) die "unknown step $VERB" ;;
esac
