package source

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

var errIndex = errors.New("its index.yaml cannot be used")

// Limits of an index. Those of large public repositories have some ten megabytes.
const (
	maxIndexSize      = 100 << 20
	maxChartIndexSize = 10 << 20 // the part of one chart, or an index that can't be taken apart
)

// chartVersion is what an index says of one version of a chart (helm.sh/docs/topics/chart_repository).
type chartVersion struct {
	Version     string    `json:"version"`
	AppVersion  string    `json:"appVersion"`
	URLs        []string  `json:"urls"`
	Digest      string    `json:"digest"` // sha256 in hexadecimal
	Created     time.Time `json:"created"`
	Home        string    `json:"home"`
	Sources     []string  `json:"sources"`
	Maintainers []struct {
		Name string `json:"name"`
	} `json:"maintainers"`
}

// said is what is known of who made a version.
func (v chartVersion) said(chart string) Revision {
	var names []string
	for _, m := range v.Maintainers {
		names = append(names, m.Name)
	}
	message := chart + " " + v.Version
	if v.AppVersion != "" {
		message += ", app version " + v.AppVersion
	}
	return Revision{Author: scrub(strings.Join(names, ", "), nil), Message: scrub(message, nil), Time: v.Created}
}

// parseIndex returns the versions of one chart.
func parseIndex(index []byte, chart string) ([]chartVersion, error) {
	part := cutChart(index, chart)
	if part == nil {
		if names := chartNames(index); len(names) > 0 {
			return nil, notAmong(chartNamed(chart), chart, names)
		}
		part = index // written in another style
	}
	if len(part) > maxChartIndexSize {
		return nil, fmt.Errorf("%w: %w: %s", errIndex, ErrTooLarge, byteSize(int64(len(part))))
	}
	var parsed struct {
		Entries map[string][]chartVersion `json:"entries"`
	}
	if err := yaml.Unmarshal(part, &parsed); err != nil {
		return nil, hint.With(fmt.Errorf("%w: %s", errIndex, scrub(gistOfYAML(err), nil)), "see that the address is that of a Helm repository, not of a page about it")
	}
	if parsed.Entries == nil {
		return nil, hint.With(fmt.Errorf("%w: it has no entries", errIndex), "see that the address is that of a Helm repository, not of a page about it")
	}
	versions := parsed.Entries[chart]
	if len(versions) == 0 {
		return nil, notAmong(chartNamed(chart), chart, slices.Collect(maps.Keys(parsed.Entries)))
	}
	return versions, nil
}

type chartNamed string

func (c chartNamed) String() string { return "chart " + string(c) }

// gistOfYAML leaves out what the library puts before what it has to say.
func gistOfYAML(err error) string {
	if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return "it is no list of charts" // the library's words quote Go
	}
	_, gist, ok := strings.Cut(err.Error(), "yaml: ")
	if !ok {
		gist = err.Error()
	}
	return fmt.Sprintf("%.200s", gist)
}

// cutChart returns the entries of one chart of an index as Helm writes it, and nothing else: to parse all of a large
// one takes hundreds of megabytes. It returns nil if the chart isn't found that way.
func cutChart(index []byte, chart string) []byte {
	var part []byte
	eachEntry(index, func(name string, line []byte) {
		if name == chart {
			part = append(part, line...)
		}
	})
	if part == nil {
		return nil
	}
	return append([]byte("entries:\n"), part...)
}

// chartNames are the names of the charts of an index as Helm writes it.
func chartNames(index []byte) []string {
	var names []string
	eachEntry(index, func(name string, _ []byte) {
		if len(names) == 0 || names[len(names)-1] != name {
			names = append(names, name)
		}
	})
	return names
}

// eachEntry calls found for each line below "entries:", with the key one level deeper that it belongs to.
func eachEntry(index []byte, found func(name string, line []byte)) {
	within, indent, name := false, 0, ""
	for line := range bytes.Lines(index) {
		text := strings.TrimRight(string(line), " \r\n")
		trimmed := strings.TrimLeft(text, " ")
		depth := len(text) - len(trimmed)
		switch {
		case trimmed == "" || trimmed[0] == '#' && depth <= indent:
		case depth == 0 && trimmed[0] != '-':
			within, indent, name = text == "entries:", 0, ""
			continue
		case within && trimmed[0] != '-' && (indent == 0 || depth == indent):
			indent = depth
			name, _, _ = strings.Cut(trimmed, ":")
			name = strings.Trim(name, `"'`)
		}
		if within && name != "" {
			found(name, line)
		}
	}
}
