// Shuts a file system down: cut FOLDER ARGUMENT, where 2 drops everything that was not flushed and 1 flushes
// the log first. The ioctl is XFS's; ext4 and others took it over.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#define SHUTDOWN _IOR('X', 125, unsigned int)

int main(int count, char **words) {
	if (count != 3)
		return 2;
	unsigned int how = atoi(words[2]);
	int folder = open(words[1], O_RDONLY | O_DIRECTORY);
	if (folder < 0 || ioctl(folder, SHUTDOWN, &how) != 0) {
		perror(words[1]);
		return 1;
	}
	return 0;
}
