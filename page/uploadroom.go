package page

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// What visitors send takes room on the disk: files that were saved stay for ever, and those of requests under way until
// they are answered. All of it together is bounded.

// errNoRoom refuses a file for which there is no room.
var errNoRoom = &statusError{http.StatusInsufficientStorage, "There is no room left for files."}

// uploadRecount is how old a count of the saved files may become: other nodes may share the folder, and people tidy it.
const uploadRecount = time.Minute

// uploadRoom counts the bytes of files that visitors sent.
type uploadRoom struct {
	folder string
	now    func() time.Time

	mu      sync.Mutex
	saved   int64     // bytes in folder when it was counted, and of what came and went since
	counted time.Time // when
	waiting int64     // bytes of the files of requests under way
}

// take reserves n bytes of at most most for a request's file, or for a saved one. It fails with errNoRoom.
func (u *uploadRoom) take(n, most int64, saved bool) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if now := u.now(); u.counted.IsZero() || now.Sub(u.counted) > uploadRecount {
		total, err := folderSize(u.folder)
		if err != nil {
			return err
		}
		u.saved, u.counted = total, now
	}
	if u.saved+u.waiting+n > most {
		return errNoRoom
	}
	if saved {
		u.saved += n
	} else {
		u.waiting += n
	}
	return nil
}

// free gives back what take reserved.
func (u *uploadRoom) free(n int64, saved bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if saved {
		u.saved = max(0, u.saved-n)
	} else {
		u.waiting -= n
	}
}

// folderSize adds up the files in a folder of uploads; one that is not there is empty.
func folderSize(dir string) (int64, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	var total int64
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() { // it may be gone by now
			total += info.Size()
		}
	}
	return total, err
}

// fileSize returns the size of a saved file, 0 when there is none.
func (u *uploadRoom) fileSize(name string) int64 {
	info, err := os.Stat(filepath.Join(u.folder, name))
	if err != nil {
		return 0
	}
	return info.Size()
}

// uploadMost is how many bytes the program allows for uploads in all.
func (s *site) uploadMost() int64 {
	if s.config.maxUploads > 0 {
		return s.config.maxUploads
	}
	return s.app.limits.Uploads
}

// formRoom is the room that the files of one form take until its request has been answered.
type formRoom struct {
	room        *uploadRoom
	most, taken int64
}

// spooled is a writer that takes room for what it writes.
type spooled struct {
	io.Writer
	room *formRoom
}

func (s spooled) Write(p []byte) (int, error) {
	if err := s.room.room.take(int64(len(p)), s.room.most, false); err != nil {
		return 0, err
	}
	s.room.taken += int64(len(p))
	n, err := s.Writer.Write(p)
	return n, noRoom(err)
}

// free gives the room of a form's files back.
func (r *formRoom) free() {
	r.room.free(r.taken, false)
	r.taken = 0
}

// noRoom makes the error of a full disk errNoRoom.
func noRoom(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return errNoRoom
	}
	return err
}
