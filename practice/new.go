package practice

import "regexp"

// New are the findings that were not there before: of another practice, object, field or message, wherever they stand.
// What is there more often than before is new.
func New(findings, before []Finding) []Finding {
	there, moved := map[sameness]int{}, map[sameness]int{}
	for i := range before {
		there[identity(&before[i])]++
	}
	var left []Finding
	for i := range findings {
		if id := identity(&findings[i]); there[id] > 0 {
			there[id]--
			continue
		}
		left = append(left, findings[i])
	}
	// What is in another scope or file by now was only moved.
	for id, n := range there {
		moved[id.anywhere()] += n
	}
	added := left[:0]
	for i := range left {
		if id := identity(&left[i]).anywhere(); moved[id] > 0 {
			moved[id]--
			continue
		}
		added = append(added, left[i])
	}
	return added
}

// sameness is what makes a finding the same as one before.
type sameness struct {
	practice, scope, path, object, field, message string
}

func identity(f *Finding) sameness {
	return sameness{f.Practice, f.Scope, f.Origin.Path, f.Object.Group + "/" + f.Object.String(), index.ReplaceAllString(f.Field, "[]"), f.Message}
}

// index of a list: what is put before an item doesn't make it another.
var index = regexp.MustCompile(`\[\d+\]`)

func (s sameness) anywhere() sameness {
	s.scope, s.path = "", ""
	return s
}
