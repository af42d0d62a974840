package forgetest

import (
	"net/http"
	"slices"
	"strconv"
)

// Request is a pull or merge request.
type Request struct {
	Number      int
	Repository  string // acme/config
	Title, Body string
	From, Into  string
	FromFork    bool   // From is a branch of somebody else's copy
	State       string // open, closed, merged
	Comments    []Comment
	Reviewers   []string

	version int
}

// Comment is one below a request.
type Comment struct {
	ID, Author int
	Text       string

	version int
}

// Requests are all of them, the oldest first.
func (s *Server) Requests() (all []Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.pulls {
		now := *one
		now.Comments = slices.Clone(one.Comments)
		all = append(all, now)
	}
	return all
}

// Add makes a request that others made.
func (s *Server) Add(r Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.Number = len(s.pulls) + 1
	s.pulls = append(s.pulls, &r)
}

// Change does what a person does to a request: closes it, merges it, writes into it.
func (s *Server) Change(number int, f func(*Request)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s.pulls[number-1])
	s.pulls[number-1].version++
}

// problem is why a request isn't made.
type problem int

const (
	fine problem = iota
	noBranch
	noCommits
	duplicate
)

// create makes a request, or says why not, with the one that is in its way.
func (s *Server) create(r Request) (*Request, problem) {
	if s.Tip(r.Repository, r.From) == "" || s.Tip(r.Repository, r.Into) == "" {
		return nil, noBranch
	}
	empty := s.inGit(r.Repository, "rev-list", "--count", "refs/heads/"+r.Into+"..refs/heads/"+r.From) == "0"
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.pulls {
		if one.Repository == r.Repository && one.From == r.From && one.Into == r.Into && one.State == "open" && !one.FromFork {
			return one, duplicate
		}
	}
	if empty && s.kind != "GitLab" && s.kind != "Gitea" {
		return nil, noCommits
	}
	r.Number, r.State = len(s.pulls)+1, "open"
	s.pulls = append(s.pulls, &r)
	return &r, fine
}

// of are the requests of a repository that match, the newest first.
func (s *Server) of(repository string, matches func(*Request) bool) (all []*Request) {
	for _, one := range slices.Backward(s.pulls) {
		if one.Repository == repository && matches(one) {
			all = append(all, one)
		}
	}
	return all
}

// find answers 404 where there is no such request.
func (s *Server) find(w http.ResponseWriter, r *http.Request, repository string) *Request {
	n, _ := strconv.Atoi(r.PathValue("number"))
	if n < 1 || n > len(s.pulls) || s.pulls[n-1].Repository != repository {
		s.refuse(w, http.StatusNotFound, "Not Found")
		return nil
	}
	return s.pulls[n-1]
}

func (r *Request) comment(text string) *Comment {
	r.Comments = append(r.Comments, Comment{ID: r.Number*1000 + len(r.Comments) + 1, Author: Me, Text: text})
	return &r.Comments[len(r.Comments)-1]
}

// findComment looks through all requests: GitHub's addresses of comments don't name theirs.
func (s *Server) findComment(w http.ResponseWriter, r *http.Request) *Comment {
	id, _ := strconv.Atoi(r.PathValue("comment"))
	for _, one := range s.pulls {
		for i := range one.Comments {
			if one.Comments[i].ID == id {
				return &one.Comments[i]
			}
		}
	}
	s.refuse(w, http.StatusNotFound, "Not Found")
	return nil
}

// deleteBranch also closes the branch's requests, where the forge does so.
func (s *Server) deleteBranch(repository, branch string) bool {
	if s.Tip(repository, branch) == "" {
		return false
	}
	s.inGit(repository, "update-ref", "-d", "refs/heads/"+branch)
	for _, one := range s.pulls {
		if (s.kind == "GitHub" || s.kind == "Gitea") && one.Repository == repository && one.From == branch && one.State == "open" {
			one.State = "closed"
		}
	}
	return true
}

// locked runs f with the forge's state to itself.
func (s *Server) locked(f http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		f(w, r)
	}
}
