package query

// IsAll says whether every row is meant.
func (q Query) IsAll() bool { return len(q.terms) == 0 }

// Matches says whether a row is meant; now is the time in Unix seconds that ages are counted from.
func (q Query) Matches(r Row, now int64) bool {
	for _, t := range q.terms {
		if t.holds(r, now) == t.not {
			return false
		}
	}
	return true
}

// bare are the fields in which a bare word may stand.
var bare = []string{"name", "ns", "app", "kind", "image"}

func (t term) holds(r Row, now int64) bool {
	for _, v := range t.values {
		if t.field != nil && t.field.holds(v, r, now) || t.field == nil && isPart(v.text, r) {
			return true
		}
	}
	return false
}

func isPart(p pattern, r Row) bool {
	for _, field := range bare {
		for _, s := range r.Words(field) {
			if p.matches(s) {
				return true
			}
		}
	}
	return false
}
