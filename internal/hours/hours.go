// Package hours knows times of day that come again: from ten at night to seven, on weekdays. It works by the clock on the
// wall of a time zone, also on days that have 23 or 25 hours.
package hours

import (
	"fmt"
	"slices"
	"time"
	_ "time/tzdata" // containers have no time zones
)

// Hours are a time of day.
type Hours struct {
	from, to time.Duration // since midnight
	days     []time.Weekday
	zone     *time.Location
}

// New reads hours: times as 22:00 (the same twice is a whole day), the days they begin on (all for none), and a zone as
// Europe/Berlin.
func New(from, to string, days []time.Weekday, zone string) (Hours, error) {
	h := Hours{days: days}
	for _, side := range []struct {
		text string
		at   *time.Duration
	}{{from, &h.from}, {to, &h.to}} {
		t, err := time.Parse("15:04", side.text)
		if err != nil {
			return h, fmt.Errorf("%q is not a time of day", side.text)
		}
		*side.at = time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
	}
	var err error
	if h.zone, err = time.LoadLocation(zone); err != nil || zone == "Local" {
		return h, fmt.Errorf("there is no time zone %q", zone)
	}
	return h, nil
}

// on are the hours that begin so many days from now's; ok is false if none begin on that day.
func (h Hours) on(now time.Time, days int) (from, to time.Time, ok bool) {
	year, month, day := now.AddDate(0, 0, days).Date()
	if begins := time.Date(year, month, day, 0, 0, 0, 0, h.zone); len(h.days) > 0 && !slices.Contains(h.days, begins.Weekday()) {
		return from, to, false
	}
	past := 0
	if h.to <= h.from {
		past = 1
	}
	from = time.Date(year, month, day, 0, int(h.from.Minutes()), 0, 0, h.zone)
	return from, time.Date(year, month, day+past, 0, int(h.to.Minutes()), 0, 0, h.zone), true
}

// Until is when the hours that now is in end; zero if it is in none.
func (h Hours) Until(now time.Time) time.Time {
	now = now.In(h.zone)
	for _, days := range []int{0, -1} { // those that begin today, and those that began yesterday
		if from, to, ok := h.on(now, days); ok && !now.Before(from) && now.Before(to) {
			return to
		}
	}
	return time.Time{}
}

// Next is when they begin next; now if it is in some.
func (h Hours) Next(now time.Time) time.Time {
	if !h.Until(now).IsZero() {
		return now
	}
	local := now.In(h.zone)
	for days := range 8 {
		if from, _, ok := h.on(local, days); ok && from.After(now) {
			return from
		}
	}
	return now // which can't be: they begin on one day of the week at least
}
