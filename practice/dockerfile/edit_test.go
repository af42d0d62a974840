package dockerfile

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplice(t *testing.T) {
	const file = "# syntax=docker/dockerfile:1\nFROM a\nRUN apk add \\\n  # why\n  curl\nCOPY <<EOF /x\nUSER root\nEOF\nUSER root\n"
	for name, tt := range map[string]struct {
		text  string
		edits []Edit
		want  string // or the error
	}{
		"a line becomes another":        {file, []Edit{{9, 9, []string{"USER 10001"}}}, strings.TrimSuffix(file, "USER root\n") + "USER 10001\n"},
		"a line before another":         {"FROM a\nCMD b\n", []Edit{{2, 1, []string{"# who runs it", "USER 1"}}}, "FROM a\n# who runs it\nUSER 1\nCMD b\n"},
		"a line at the end":             {"FROM a\n", []Edit{{2, 1, []string{"USER 1"}}}, "FROM a\nUSER 1\n"},
		"a line goes":                   {file, []Edit{{9, 9, nil}}, strings.TrimSuffix(file, "USER root\n")},
		"within an instruction":         {file, []Edit{{5, 5, []string{"  curl \\", "  git"}}}, strings.Replace(file, "  curl\n", "  curl \\\n  git\n", 1)},
		"several, in any order":         {"FROM a\nRUN b\nRUN c\n", []Edit{{3, 3, []string{"RUN e"}}, {2, 2, nil}, {2, 1, []string{"RUN d"}}}, "FROM a\nRUN d\nRUN e\n"},
		"no line break at the end":      {"FROM a\nCMD b", []Edit{{2, 2, []string{"CMD c"}}, {3, 2, []string{"USER 1"}}}, "FROM a\nCMD c\nUSER 1"},
		"CRLF":                          {"FROM a\r\nCMD b\r\n", []Edit{{2, 1, []string{"USER 1"}}, {2, 2, []string{"CMD c"}}}, "FROM a\r\nUSER 1\r\nCMD c\r\n"},
		"a byte order mark":             {"\ufeffFROM a\nCMD b\n", []Edit{{1, 1, []string{"FROM c"}}}, "\ufeffFROM c\nCMD b\n"},
		"another escape":                {"# escape=`\nFROM a\nRUN b `\n c\n", []Edit{{3, 2, []string{"USER 1"}}}, "# escape=`\nFROM a\nUSER 1\nRUN b `\n c\n"},
		"twice the same line":           {"FROM a\nCMD b\n", []Edit{{2, 2, nil}, {2, 2, nil}}, "edit line 2: another edit changes it, too"},
		"behind the end":                {"FROM a\n", []Edit{{3, 2, []string{"USER 1"}}}, "edit line 3: the file has 1 lines"},
		"before the beginning":          {"FROM a\n", []Edit{{0, 0, nil}}, "edit line 1: another edit changes it, too"},
		"a line break in a line":        {"FROM a\n", []Edit{{2, 1, []string{"a\nb"}}}, "edit line 2: a line of the text has a line break"},
		"what swallows the next":        {"FROM a\nRUN b\nCMD c\n", []Edit{{2, 2, []string{`RUN b \`}}}, "the edit would change the instruction on line 3, too"},
		"what breaks the file":          {"FROM a\nCMD b\n", []Edit{{2, 2, []string{"CDM b"}}}, "the edit would break the file"},
		"a heredoc without its end":     {file, []Edit{{8, 8, nil}}, "the edit would change the instruction on line 9, too"},
		"a file that is broken already": {"FROM a\nCDM b\nUSER root\n", []Edit{{3, 3, []string{"USER 1"}}}, "FROM a\nCDM b\nUSER 1\n"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Splice([]byte(tt.text), tt.edits...)
			if err != nil {
				got = []byte(err.Error())
			}
			if diff := cmp.Diff(tt.want, string(got)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// Each instruction of the catalogue's examples can get a line before it, be written anew and go: the others stay as they are.
func TestSpliceExamples(t *testing.T) {
	files, err := filepath.Glob("../../practices/*/testdata/*ockerfile")
	if err != nil || len(files) < 50 {
		t.Fatal(len(files), " examples: ", err)
	}
	edited, declined := 0, 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		whole, err := read(text)
		if err != nil {
			t.Fatal(err)
		}
		lines := slices.Collect(bytes.Lines(text))
		for _, n := range whole.instructions {
			for _, e := range []Edit{
				{n.StartLine, n.StartLine - 1, []string{"# new"}},
				{n.StartLine, n.EndLine, []string{"LABEL new=er"}},
				{n.StartLine, n.EndLine, nil},
			} {
				got, err := Splice(text, e)
				if err != nil { // what stands after it needs it
					declined++
					continue
				}
				edited++
				last := max(e.Last, e.First-1)
				if !bytes.HasPrefix(got, bytes.Join(lines[:e.First-1], nil)) || !bytes.HasSuffix(got, bytes.Join(lines[last:], nil)) {
					t.Errorf("%s: %v changes other lines:\n%s", file, e, got)
				}
			}
		}
	}
	t.Logf("%d edits made, %d declined", edited, declined)
	if declined > edited/5 {
		t.Error("too many edits are declined")
	}
}

func FuzzSplice(f *testing.F) {
	f.Add([]byte("FROM a\nRUN b \\\n c\nCOPY <<E /x\nUSER x\nE\n"), 2, 3, "USER 1")
	f.Add([]byte("\ufeff# escape=`\r\nFROM a\r\nUSER b"), 3, 2, "RUN `")
	f.Fuzz(func(t *testing.T, text []byte, first, last int, line string) {
		got, err := Splice(text, Edit{first, last, []string{line}})
		if err != nil {
			return
		}
		if !bytes.Contains(got, []byte(line)) {
			t.Errorf("the line isn't there: %q", got)
		}
		if len(Parse("", got).Problems) > len(Parse("", text).Problems) {
			t.Errorf("more is broken: %q", got)
		}
	})
}
