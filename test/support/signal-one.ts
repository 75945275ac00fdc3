/**
 * Sends a signal to one process. To kill(2), 0 is one's own process group and a negative number another's: a number read from an
 * empty file (`Number('')`) would end the test run and what called it.
 * @param pid a process number, above 1
 * @throws RangeError when `pid` is not one process's number; what process.kill throws when there is no such process
 */
export const signalOne = (pid: number, signal: NodeJS.Signals): void => {
  if (!Number.isSafeInteger(pid) || pid <= 1) throw new RangeError(`${pid} is not the number of one process`);
  process.kill(pid, signal);
};
