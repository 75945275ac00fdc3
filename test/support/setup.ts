// A canary secret that no log line, message or file of any test run may ever contain (test/support/canary.ts looks for it).
process.env['TCPSTATES_CANARY'] ??= 'xoxb-canary-7f3e1c9a';
