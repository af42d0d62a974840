package forge

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"strings"
)

// pages goes through a list, whose address has a query, until each has enough. A next page is told by the header Link (GitHub, GitLab, Gitea), named by its
// address (Bitbucket) or by where it begins (Bitbucket Data Center).
//
// Sources: https://docs.github.com/rest/using-the-rest-api/using-pagination-in-the-rest-api, https://docs.gitlab.com/api/rest/#pagination,
// https://developer.atlassian.com/cloud/bitbucket/rest/intro/#pagination, https://developer.atlassian.com/server/bitbucket/rest/
func (c *caller) pages(ctx context.Context, at string, each func(json.RawMessage) (enough bool, err error)) error {
	next := at
	for page := 1; page <= mostPages && next != ""; page++ {
		var some struct {
			Values []json.RawMessage `json:"values"`
			Next   string            `json:"next"`
			Start  int               `json:"nextPageStart"`
		}
		var out any = &some
		if c.kind != Bitbucket && c.kind != BitbucketDataCenter {
			out = &some.Values
		}
		header, err := c.ask(ctx, "GET", next, nil, out)
		if err != nil {
			return err
		}
		for _, one := range some.Values {
			if enough, err := each(one); enough || err != nil {
				return err
			}
		}
		switch {
		case some.Next != "" && !isSameHost(at, some.Next):
			return errors.New("the forge's next page is at another address") // where the token must not go
		case some.Start > 0:
			next = at + "&start=" + strconv.Itoa(some.Start)
		case strings.Contains(header.Get("Link"), `rel="next"`):
			next = at + "&page=" + strconv.Itoa(page+1)
		default:
			next = some.Next
		}
	}
	return nil
}

func isSameHost(a, b string) bool {
	x, err := url.Parse(a)
	if err != nil {
		return false
	}
	y, err := url.Parse(b)
	return err == nil && x.Scheme == y.Scheme && x.Host == y.Host
}
