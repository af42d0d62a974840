package check

import (
	"math"
	"slices"

	"github.com/fairlead-dev/fairlead/practice"
)

// Weigh sets the scores of a scope by what was found in it.
func (s *Scope) Weigh(practices []*practice.Practice, findings []practice.Finding) {
	judged := slices.DeleteFunc(slices.Clone(practices), func(p *practice.Practice) bool { return !s.isJudgedBy(p) })
	s.Scores = practice.Weigh(judged, findings)
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
