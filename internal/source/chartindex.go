package source

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// ChartIndex is the index of a Helm repository, https://host/path, as one login sees it. It is read again only where it has changed.
type ChartIndex struct {
	server chartServer

	mu    sync.Mutex
	seen  indexTag
	lists map[string]ChartList // of charts that were asked for
}

// ChartList are the versions of one chart in the order of the index, or why there are none.
type ChartList struct {
	Versions []ChartVersion
	Err      error
}

// ChartVersion is one that an index lists.
type ChartVersion struct {
	Version string
	Built   time.Time // when it was put there; zero if the index doesn't say
	Page    string    // of what it is made from, https://…; "" if that isn't known
}

// NewChartIndex contacts nobody; an error means that the address or the login can't be used.
func NewChartIndex(repo string, auth Auth) (*ChartIndex, error) {
	server, err := newChartServer(repo, auth)
	return &ChartIndex{server: server}, err
}

// URL is the repository's, without a login.
func (c *ChartIndex) URL() string { return c.server.at.url }

// Host is the repository's, with its port.
func (c *ChartIndex) Host() string { return c.server.at.host }

// Transport reaches the repository. Whoever has it closes its connections.
func (c *ChartIndex) Transport() (*http.Transport, error) { return c.server.auth.transport() }

// Versions asks for the index, once for all charts. The login goes to the repository's own host alone. What is returned is not to be
// changed.
func (c *ChartIndex) Versions(ctx context.Context, over http.RoundTripper, charts []string) (map[string]ChartList, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	seen := c.seen
	if slices.ContainsFunc(charts, func(name string) bool { _, isKnown := c.lists[name]; return !isKnown }) {
		seen = indexTag{} // of this one nothing was kept
	}
	text, now, err := c.server.index(ctx, over, seen)
	if err != nil || text == nil {
		return c.lists, err
	}
	c.seen, c.lists = now, map[string]ChartList{}
	for _, name := range charts {
		c.lists[name] = listOf(text, name)
	}
	return c.lists, nil
}

func listOf(index []byte, chart string) (list ChartList) {
	versions, err := parseIndex(index, chart)
	for _, v := range versions {
		list.Versions = append(list.Versions, ChartVersion{v.Version, v.Created.UTC(), v.page()})
	}
	list.Err = err
	return list
}

// page is the first address of what a chart is made from, else its own.
func (v chartVersion) page() string {
	const longest = 500
	for _, address := range append(slices.Clone(v.Sources), v.Home) {
		isText := len(address) <= longest && !strings.ContainsFunc(address, isUnprintable) && !strings.Contains(address, " ")
		if u, err := url.Parse(address); isText && err == nil && u.Scheme == "https" && u.User == nil {
			return address
		}
	}
	return ""
}
