import { type MemoryDisk, memoryDisk, memoryStore } from '../support/memory-store.js';
import { storeContract } from './store.contract.js';

const disks = new Map<string, MemoryDisk>();
storeContract(
  'the store in memory',
  async () => {
    const place = String(disks.size);
    disks.set(place, memoryDisk());
    return place;
  },
  async (place) => memoryStore(disks.get(place) ?? memoryDisk()),
);
