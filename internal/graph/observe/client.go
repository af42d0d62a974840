package observe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// Settings say whom to ask.
type Settings struct {
	URL string // of a Prometheus, with its path, and a user and a password if it wants them
	// TokenFile holds a bearer's token; it is read each time, since tokens change. "" is none.
	TokenFile string
	// Queries in PromQL instead of those of Queries.
	Queries []string
}

// Client asks one Prometheus, or what speaks like it: Thanos, Mimir, VictoriaMetrics.
type Client struct {
	base      *url.URL
	user      *url.Userinfo
	tokenFile string
	queries   []Query
	http      *http.Client
}

const (
	patience   = 15 * time.Second
	mostBytes  = 32 << 20
	mostSeries = 100_000
)

// New checks the settings, and asks nothing yet.
func New(s Settings) (*Client, error) {
	base, err := url.Parse(s.URL)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" {
		return nil, hint.With(errors.New("the address of Prometheus is no http or https URL"), "write it like http://prometheus.monitoring:9090")
	}
	c := &Client{base: base, user: base.User, tokenFile: s.TokenFile, queries: Queries()}
	if len(s.Queries) > 0 {
		c.queries = nil
	}
	for _, text := range s.Queries {
		c.queries = append(c.queries, Query{"Prometheus", text})
	}
	base.User, base.RawQuery, base.Fragment = nil, "", ""
	c.http = &http.Client{Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }} // a token is for nobody else
	return c, nil
}

// series is one of an answer.
type series struct {
	labels map[string]string
	rate   float64
}

// token reads it anew.
func (c *Client) token() (string, error) {
	if c.tokenFile == "" {
		return "", nil
	}
	text, err := os.ReadFile(c.tokenFile)
	if err != nil {
		return "", hint.With(fmt.Errorf("read the token for Prometheus: %w", err), "name a file that holds nothing but the token")
	}
	return strings.TrimSpace(string(text)), nil
}

// ask sends a query: https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries
func (c *Client) ask(ctx context.Context, token string, q Query) ([]series, error) {
	form := url.Values{"query": {q.Text}, "timeout": {patience.String()}, "limit": {strconv.Itoa(mostSeries)}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base.JoinPath("api/v1/query").String(), strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if c.user != nil {
		password, _ := c.user.Password()
		request.SetBasicAuth(c.user.Username(), password)
	} else if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, hint.With(fmt.Errorf("%s does not answer: %w", c.base.Host, unwrapped(err)), "check the address, or forward the port: kubectl port-forward -n monitoring svc/prometheus 9090")
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, mostBytes+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s stops in the middle of its answer: %w", c.base.Host, unwrapped(err))
	case len(body) > mostBytes:
		return nil, hint.With(fmt.Errorf("%s answers with more than %d MB", c.base.Host, mostBytes>>20), "ask for less with a query that sums by workloads")
	}
	return c.read(response, body)
}

// unwrapped leaves the address out, which Go's errors have in them.
func unwrapped(err error) error {
	if inner := (*url.Error)(nil); errors.As(err, &inner) {
		return inner.Err
	}
	return err
}

type answer struct {
	Status string `json:"status"`
	Error  string `json:"error"`
	Data   struct {
		Type   string `json:"resultType"`
		Result []struct {
			Metric map[string]string `json:"metric"`
			Value  []any             `json:"value"` // a time and, as a text, the number
		} `json:"result"`
	} `json:"data"`
}

func (c *Client) read(response *http.Response, body []byte) ([]series, error) {
	var a answer
	err := json.Unmarshal(body, &a)
	switch {
	case response.StatusCode == http.StatusUnauthorized || response.StatusCode == http.StatusForbidden:
		return nil, hint.With(fmt.Errorf("%s refuses: %s", c.base.Host, response.Status), "give a token that may read metrics")
	case err == nil && a.Status == "error":
		return nil, fmt.Errorf("%s says: %s", c.base.Host, cut(a.Error))
	case response.StatusCode != http.StatusOK:
		return nil, hint.With(fmt.Errorf("%s answers %s", c.base.Host, response.Status), "check that the address is that of Prometheus, with its path")
	case err != nil || a.Status != "success":
		return nil, hint.With(fmt.Errorf("what %s answers is no answer of Prometheus", c.base.Host), "check that the address is that of Prometheus, with its path")
	case a.Data.Type != "vector":
		return nil, hint.With(fmt.Errorf("the answer is a %q", a.Data.Type), "ask for a rate now: sum by (…) (rate(…[5m]))")
	case len(a.Data.Result) > mostSeries:
		return nil, hint.With(fmt.Errorf("%s answers with %d series", c.base.Host, len(a.Data.Result)), "ask for less with a query that sums by workloads")
	}
	all := make([]series, 0, len(a.Data.Result))
	for _, one := range a.Data.Result {
		if len(one.Value) == 2 {
			text, _ := one.Value[1].(string)
			if rate, err := strconv.ParseFloat(text, 64); err == nil {
				all = append(all, series{one.Metric, rate})
			}
		}
	}
	return all, nil
}

// cut is what of an error is shown.
func cut(text string) string {
	const most = 300
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
