package check

import (
	"math"

	"github.com/fairlead-dev/fairlead/practice"
)

// A score is the share of what is judged that holds, from 0 to 100: errors count three times and warnings twice, and a
// practice of which only something milder than itself was found loses only as much. All scores are made here.

// share is how much was judged, and how much of it doesn't hold.
type share struct{ judged, lost int }

func (s share) score() int {
	if s.judged == 0 {
		return 100
	}
	return int(math.Round(100 * float64(s.judged-s.lost) / float64(s.judged)))
}

func (s share) and(other share) share { return share{s.judged + other.judged, s.lost + other.lost} }

// Weigh sets the scores of a scope by what was found in it.
func (s *Scope) Weigh(practices []*practice.Practice, findings []practice.Finding) {
	worst := map[string]practice.Severity{}
	for _, f := range findings {
		if f.Allowed == nil {
			worst[f.Practice] = max(worst[f.Practice], f.Severity)
		}
	}
	var all share
	categories := map[practice.Category]share{}
	s.Practices, s.Categories = map[string]int{}, map[practice.Category]int{}
	for _, p := range practices {
		if !s.isJudgedBy(p) {
			continue
		}
		one := share{judged: int(p.Severity), lost: int(min(worst[p.ID], p.Severity))}
		all, categories[p.Category] = all.and(one), categories[p.Category].and(one)
		s.Practices[p.ID] = one.score()
	}
	for c, of := range categories {
		s.Categories[c] = of.score()
	}
	s.Score = all.score()
}

// isJudgedBy says that a practice judges something of what the scope has. That files can be read is judged of all.
func (s *Scope) isJudgedBy(p *practice.Practice) bool {
	var has practice.Inputs
	switch {
	case s.Dockerfiles > 0:
		has = practice.Dockerfiles
	case s.Kind == Cluster:
		has = practice.Cluster
	case s.Objects > 0, s.Kind == Helm: // a chart says things of itself
		has = practice.Manifests
	}
	return p.Inputs&has != 0 || p.ID == Readable.ID && s.Kind != Cluster
}

// Score is that of all scopes together, each counting as much as there is in it; ok is false if nothing was judged.
func (r *Result) Score() (score int, ok bool) {
	return r.mean(func(s Scope) (int, bool) { return s.Score, true })
}

// PracticeScore is that of one practice in all scopes that it judges; ok is false if there is none.
func (r *Result) PracticeScore(id string) (score int, ok bool) {
	return r.mean(func(s Scope) (int, bool) {
		score, judged := s.Practices[id]
		return score, judged
	})
}

func (r *Result) mean(of func(Scope) (score int, judged bool)) (score int, ok bool) {
	sum, weight := 0, 0
	for _, s := range r.Scopes {
		if score, judged := of(s); judged {
			n := max(1, s.Objects+s.Dockerfiles)
			sum, weight = sum+n*score, weight+n
		}
	}
	if weight == 0 {
		return 0, false
	}
	return int(math.Round(float64(sum) / float64(weight))), true
}
