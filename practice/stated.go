package practice

import "github.com/fairlead-dev/fairlead/manifest"

// Stated is an exception that stands beside what is judged, such as in an Application, and is about all of it.
type Stated struct {
	Text   string          // the sentence: see ParseException
	Origin manifest.Origin // where it stands
}

// stated are the exceptions for the whole scope.
func (v *view) stated() []*exception {
	var all []*exception
	for _, s := range v.Exceptions {
		all = append(all, newException(s.Text, exception{all: v, origin: s.Origin}))
	}
	return all
}

// coversIn says whether an exception for a whole scope is for the place of a finding.
func (e *exception) coversIn(v *view, f *Finding) bool {
	if o := v.byID[f.Object]; o != nil {
		return isAt(e.place, o, manifest.FieldPath(f.Field))
	}
	return len(e.place) == 0
}
