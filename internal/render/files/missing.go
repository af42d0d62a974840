package files

import (
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// shown is how many names a message lists before it says that there are more.
const shown = 8

// Missing explains that name does not exist: by the name that was probably meant, or by what its nearest existing
// directory holds.
func (r *Reader) Missing(name string) error {
	dir := r.nearestDir(name)
	entries, _ := r.ReadDir(dir)
	absent := name
	if dir != "." {
		absent = strings.TrimPrefix(name, dir+"/")
	}
	first, _, _ := strings.Cut(absent, "/")

	err := fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	if near := Nearest(first, namesOf(entries)); near != "" {
		return hint.With(err, "did you mean "+path.Join(dir, near)+"?")
	}
	names := namesOf(entries)
	where := dir
	if dir == "." {
		where = "the root"
	}
	switch {
	case len(names) == 0:
		return hint.With(err, where+" is empty")
	case len(names) > shown:
		names = append(names[:shown], fmt.Sprintf("and %d more", len(names)-shown))
	}
	return hint.With(err, where+" holds: "+strings.Join(names, ", "))
}

func namesOf(entries []fs.DirEntry) []string {
	var names []string
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names
}

// Nearest returns the one of names that was probably meant by name, or "": within two edits, fewer if name is short.
func Nearest(name string, names []string) string {
	best, bestDistance := "", min(2, len(name)/3)+1
	for _, n := range names {
		if d := distance(strings.ToLower(name), strings.ToLower(n)); d < bestDistance {
			best, bestDistance = n, d
		}
	}
	return best
}

// distance counts the edits between two names: insert, delete, replace, or swap of neighbours (optimal string
// alignment).
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range len(b) + 1 {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			replaced := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				replaced++
			}
			rows[i][j] = min(replaced, rows[i-1][j]+1, rows[i][j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
