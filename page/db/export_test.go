package db

// Translate returns what a statement is translated to, and how many parameters it has.
func Translate(query string, postgres bool) (text string, params int, returning, writes bool, err error) {
	st, err := translate(query, postgres)
	return st.text, st.params, st.returning, st.writes, err
}
