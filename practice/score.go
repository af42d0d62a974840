package practice

import "math"

// Scores say how much of what is judged holds, from 0 to 100: of all, and of the chapters and practices.
type Scores struct {
	Score      int              `json:"score"`
	Categories map[Category]int `json:"categories"`
	Practices  map[string]int   `json:"practices"` // by id
}

// Weigh makes the scores of what practices have judged. Errors count three times and warnings twice, a practice of which
// only something milder than itself was found loses only as much, and what an exception lets be loses nothing.
func Weigh(judged []*Practice, findings []Finding) Scores {
	worst := map[string]Severity{}
	for _, f := range findings {
		if f.Allowed == nil {
			worst[f.Practice] = max(worst[f.Practice], f.Severity)
		}
	}
	var all share
	categories := map[Category]share{}
	s := Scores{Categories: map[Category]int{}, Practices: map[string]int{}}
	for _, p := range judged {
		one := share{judged: int(p.Severity), lost: int(min(worst[p.ID], p.Severity))}
		all, categories[p.Category] = all.and(one), categories[p.Category].and(one)
		s.Practices[p.ID] = one.score()
	}
	for c, of := range categories {
		s.Categories[c] = of.score()
	}
	s.Score = all.score()
	return s
}

// share is how much was judged, and how much of it doesn't hold.
type share struct{ judged, lost int }

func (s share) score() int {
	if s.judged == 0 {
		return 100
	}
	return int(math.Round(100 * float64(s.judged-s.lost) / float64(s.judged)))
}

func (s share) and(other share) share { return share{s.judged + other.judged, s.lost + other.lost} }
