package own

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// examples are a practice's tests, and what there is to read of it.
type examples struct {
	Good []manifests `json:"good"`
	Bad  []bad       `json:"bad"`
}

// bad is one in which something must be found.
type bad struct {
	Object  manifests `json:"object"`
	Message string    `json:"message"` // part of it
	Field   string    `json:"field"`   // that the finding is about; "" is any
}

// manifests are an object, or a text of several that are judged together.
type manifests struct {
	text    string
	objects []*manifest.Object
}

// UnmarshalJSON takes an object, or a text.
func (m *manifests) UnmarshalJSON(data []byte) error {
	if err := json.Unmarshal(data, &m.text); err == nil {
		return nil
	}
	text, err := yaml.JSONToYAML(data)
	m.text = string(text)
	return err
}

// readExamples reads the manifests of the examples.
func (p *Practice) readExamples() []manifest.Problem {
	var wrong []manifest.Problem
	read := func(m *manifests, path ...string) {
		set := manifest.Read(p.Origin.Path, []byte(m.text))
		m.objects = set.Objects
		err := errors.New("there is no object in the example")
		if len(set.Problems) > 0 {
			err = fmt.Errorf("line %d of the example: %w", set.Problems[0].Origin.Line, set.Problems[0].Err)
		}
		if len(set.Problems) > 0 || len(set.Objects) == 0 {
			wrong = append(wrong, problem(p.source, hint.With(err, "write an object with apiVersion, kind and metadata.name, or a text of several"), append([]string{"spec", "examples"}, path...)...))
		}
	}
	for i := range p.spec.Examples.Good {
		read(&p.spec.Examples.Good[i], "good", fmt.Sprint(i))
	}
	for i := range p.spec.Examples.Bad {
		read(&p.spec.Examples.Bad[i].Object, "bad", fmt.Sprint(i), "object")
		if strings.TrimSpace(p.spec.Examples.Bad[i].Message) == "" {
			wrong = append(wrong, problem(p.source, hint.With(errors.New("the bad example expects no message"), "say a part of the message that must be found"),
				"spec", "examples", "bad", fmt.Sprint(i)))
		}
	}
	return wrong
}

// Result is what came of a practice's examples.
type Result struct {
	Practice  string          `json:"practice"`
	Origin    manifest.Origin `json:"origin"`
	Good      int             `json:"good"`
	Bad       int             `json:"bad"`
	Failures  []Failure       `json:"failures,omitempty"`
	HasPassed bool            `json:"passed"`
}

// Failure is an example in which something else is found than it says, or what else is wrong with a practice.
type Failure struct {
	Example string          `json:"example,omitempty"` // "bad[0]"
	Origin  manifest.Origin `json:"origin"`
	Message string          `json:"message"`
	Next    string          `json:"next,omitempty"`
}

// Test runs the examples. A practice without a bad and a good one fails: nobody knows what it finds.
func (p *Practice) Test() Result {
	r := Result{Practice: p.ID, Origin: p.Origin, Good: len(p.spec.Examples.Good), Bad: len(p.spec.Examples.Bad)}
	fail := func(example, message string, path ...string) {
		r.Failures = append(r.Failures, Failure{Example: example, Origin: p.source.Locate(append([]string{"spec", "examples"}, path...)...), Message: message})
	}
	if r.Good == 0 || r.Bad == 0 {
		fail("", "it needs a good and a bad example: without both nobody knows what it finds")
	}
	judged := 0
	for i, good := range p.spec.Examples.Good {
		found, n := p.judgeExample(good)
		judged += n
		for _, f := range found {
			fail(fmt.Sprintf("good[%d]", i), "found: "+describe(f), "good", fmt.Sprint(i))
		}
	}
	if r.Good > 0 && judged == 0 {
		fail("good", "none of their objects is one that the practice judges: see spec.match and spec.matchConditions", "good")
	}
	for i, bad := range p.spec.Examples.Bad {
		name, at := fmt.Sprintf("bad[%d]", i), []string{"bad", fmt.Sprint(i)}
		found, _ := p.judgeExample(bad.Object)
		isWanted := false
		for _, f := range found {
			isWanted = isWanted || strings.Contains(f.Message, bad.Message) && (bad.Field == "" || bad.Field == f.Field)
		}
		if isWanted {
			continue
		}
		wanted := fmt.Sprintf("not found: %q", bad.Message)
		if bad.Field != "" {
			wanted += " at " + bad.Field
		}
		for _, f := range found {
			wanted += "; found: " + describe(f)
		}
		fail(name, wanted, at...)
	}
	r.HasPassed = len(r.Failures) == 0
	return r
}

func describe(f practice.Finding) string {
	if f.Field == "" {
		return f.Message
	}
	return f.Message + " at " + f.Field
}

// judgeExample returns what is found, and how many objects were judged.
func (p *Practice) judgeExample(m manifests) (found []practice.Finding, n int) {
	counting := *p.Practice
	counting.Run = func(pass *practice.Pass) { n = p.judgeScope(pass) }
	found = practice.Judge(&practice.Scope{Name: "example", Objects: m.objects}, []*practice.Practice{&counting})
	return found, n
}

// files are the text and the examples, as those of the catalogue's practices lie in their directories.
func (p *Practice) files() fs.FS {
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	add := func(name, text string) {
		if file, err := w.CreateHeader(&zip.FileHeader{Name: name}); err == nil {
			_, _ = file.Write([]byte(text)) // a buffer takes all
		}
	}
	add("practice.md", p.spec.Description)
	for i, good := range p.spec.Examples.Good {
		add(fmt.Sprintf("testdata/good-%d.yaml", i+1), good.text)
	}
	for i, bad := range p.spec.Examples.Bad {
		add(fmt.Sprintf("testdata/bad-%d.yaml", i+1), bad.Object.text)
	}
	_ = w.Close()
	files, err := zip.NewReader(bytes.NewReader(archive.Bytes()), int64(archive.Len()))
	if err != nil {
		return nil
	}
	return files
}
