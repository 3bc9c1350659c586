// Command sx serves, builds, checks, formats and tests SX applications.
//
//	sx serve examples/dashboard
//	sx eval -e '(+ 1 2)'
//	sx help
//
// Every command takes its flags before or after DIR, which is the current folder when it is left out. Errors go
// to stderr as file:line:col: message with the source line and a caret. The exit code is 0 when all went well, 1
// when the program is at fault, and 2 when the command was used wrongly. --json gives diagnostics as JSON;
// NO_COLOR is honoured.
package main
