package sx

// suggest returns " (did you mean NAME?)" for the name nearest to a misspelt one, or "".
func suggest(name string, names []string) string {
	if s := nearest(name, names); s != "" {
		return " (did you mean " + s + "?)"
	}
	return ""
}

// nearest returns the name with the least edit distance, at most a third of the length (two for names of
// four characters), preferring earlier names; "" when none is near.
func nearest(name string, names []string) string {
	n := []rune(name)
	if len(n) > 60 {
		return ""
	}
	limit := max(1, (len(n)+1)/3)
	if len(n) == 1 {
		return ""
	}
	best, bestDist := "", limit+1
	for _, c := range names {
		if c == name || abs(len(c)-len(name)) > 2*limit {
			continue
		}
		if d := distance(n, []rune(c), bestDist); d < bestDist {
			best, bestDist = c, d
		}
	}
	return best
}

func abs(i int) int {
	if i < 0 {
		return -i
	}
	return i
}

// distance is the optimal string alignment distance: insertions, deletions, substitutions and swaps of
// neighbours, cut off at most.
func distance(a, b []rune, most int) int {
	prev2 := make([]int, len(b)+1)
	prev := make([]int, len(b)+1)
	cur := make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		low := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+1)
			}
			low = min(low, cur[j])
		}
		if low >= most {
			return most
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return prev[len(b)]
}
