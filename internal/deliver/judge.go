package deliver

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/fairlead-dev/fairlead/internal/render"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// Judgement is what practices say of what is delivered.
type Judgement struct {
	// Content is a hash of the objects, in 32 hexadecimal digits, as ContentHash: of Secrets it takes in the keys alone.
	Content  string
	Findings []practice.Finding // sorted; what an exception lets be is marked
	Scores   practice.Scores
	// Namespaces are the scores of those that the objects go to.
	Namespaces map[string]NamespaceScore

	inputs *render.Inputs // that it was made of; nil if they can't be told from others
	terms  string         // what it depends on besides
}

// NamespaceScore is how the objects in a namespace fare.
type NamespaceScore struct{ Objects, Score int }

// judge says what the practices find in what was rendered, unless that is known.
func (p *Pipeline) judge(r *Report) *Judgement {
	gate := &r.spec.Gate
	j := &Judgement{Content: contentOf(r), inputs: r.Inputs, terms: terms(gate.Exceptions)}
	for _, known := range gate.Known {
		if known.Content == j.Content && known.terms == j.terms && known.inputs.Same(r.Snapshot) {
			return known
		}
	}
	scope := &practice.Scope{
		Name:       cmp.Or(r.spec.Application, r.Snapshot.Display(r.path)),
		Objects:    p.placed(r.Rendering.Set.Objects, cmp.Or(r.spec.Namespace, "default")),
		Exceptions: gate.Exceptions,
		Sources:    []string{r.path},
		Known: func(id string) bool {
			return slices.ContainsFunc(gate.Practices, func(p *practice.Practice) bool { return p.ID == id })
		},
	}
	policy, wrong := settingsOf(r)
	scope.Policy = policy
	j.Findings = practice.Sort(append(practice.Judge(scope, gate.Practices), wrong...))
	judged := slices.DeleteFunc(slices.Clone(gate.Practices), func(p *practice.Practice) bool {
		return !p.Inputs.Has(practice.Manifests) || !policy.MayJudge(p.ID, scope.Sources...)
	})
	j.Scores = practice.Weigh(judged, j.Findings)
	j.Namespaces = map[string]NamespaceScore{}
	for _, o := range scope.Objects {
		if namespace := o.GetNamespace(); namespace != "" {
			j.Namespaces[namespace] = NamespaceScore{Objects: j.Namespaces[namespace].Objects + 1, Score: j.Scores.Score}
		}
	}
	if len(j.Namespaces) > 1 {
		for namespace, of := range j.Namespaces {
			there := slices.DeleteFunc(slices.Clone(j.Findings), func(f practice.Finding) bool { return f.Object.Namespace != namespace })
			of.Score = practice.Weigh(judged, there).Score
			j.Namespaces[namespace] = of
		}
	}
	return j
}

// terms are what a judgement depends on besides the files: the exceptions, and the day, as they end.
func terms(exceptions []practice.Stated) string {
	return fmt.Sprint(exceptions, time.Now().Format(time.DateOnly))
}

// placed are the objects in the namespaces they go to. What the server doesn't know, and what it isn't there to tell, stays
// as it is.
func (p *Pipeline) placed(objects []*manifest.Object, namespace string) []*manifest.Object {
	out := slices.Clone(objects)
	for i, o := range out {
		metadata, _ := o.Object["metadata"].(map[string]any)
		if o.GetNamespace() != "" || metadata == nil {
			continue
		}
		if mapping, err := p.Client.Mapping(o.GroupVersionKind()); err != nil || mapping.Scope.Name() != meta.RESTScopeNameNamespace {
			continue
		}
		there := *o
		there.Object = maps.Clone(o.Object)
		there.Object["metadata"] = maps.Clone(metadata)
		there.SetNamespace(namespace)
		out[i] = &there
	}
	return out
}

// contentOf is a hash of the objects as they are rendered: their order doesn't count, nor where they stand.
func contentOf(r *Report) string {
	objects := slices.Clone(r.Rendering.Set.Objects)
	slices.SortStableFunc(objects, func(a, b *manifest.Object) int { return manifest.Compare(a.ID(), b.ID()) })
	h := sha256.New()
	fmt.Fprintln(h, r.spec.Namespace)
	for _, o := range objects {
		fields := o.Object
		if o.IsSecret() {
			fields = maps.Clone(fields)
			for _, part := range []string{"data", "stringData"} {
				values, _ := fields[part].(map[string]any)
				fields[part] = slices.Sorted(maps.Keys(values))
			}
		}
		text, _ := json.Marshal(fields) // map keys come sorted; what came from YAML can be marshalled
		_, _ = h.Write(text)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
