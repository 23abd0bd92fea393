// What a broker of an embedded cluster does aside from the thread that serves.

import { portOfThread, workOfThread } from '@odradek/broker/env/node/background';
import { nodeClock } from '@odradek/broker/env/node/clock';
import { NodeDisk } from '@odradek/broker/env/node/disk';
import { CLEANER_WORK, CleanerWork } from '@odradek/broker/log/cleaner/cleaner-work';

if (workOfThread() === CLEANER_WORK) new CleanerWork(portOfThread(), new NodeDisk(), nodeClock);
