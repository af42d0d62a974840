package practices

import "github.com/fairlead-dev/fairlead/practice"

// Chapters are practices by category, in the order of the catalogue; empty ones are left out.
func Chapters(all []*practice.Practice) [][]*practice.Practice {
	var chapters [][]*practice.Practice
	for _, c := range practice.Categories {
		var chapter []*practice.Practice
		for _, p := range all {
			if p.Category == c {
				chapter = append(chapter, p)
			}
		}
		if len(chapter) > 0 {
			chapters = append(chapters, chapter)
		}
	}
	return chapters
}
