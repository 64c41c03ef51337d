namespace Sous.Plugins.Simulators.Drive.Files;

/// <summary>All files of the account and a log of changes for the user and for each shared drive. Safe to use from several threads.</summary>
internal sealed class FileStore(TimeProvider clock)
{
    /// <summary>Names the user's own log; a shared drive's is named by its id.</summary>
    public const string User = "";

    private readonly Lock _gate = new();
    private readonly Dictionary<string, DriveFile> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<FileChange>> _logs = new(StringComparer.Ordinal) { [User] = [] };

    /// <summary>Told of each new entry, by its log; outside of the lock.</summary>
    public event Action<string>? Changed;

    public long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Adds a file that was there before anybody looked: no log tells of it.</summary>
    public void Seed(DriveFile file)
    {
        lock (_gate)
        {
            _files.Add(file.Id, file);
            if (file.DriveId is { } drive && !_logs.ContainsKey(drive))
            {
                _logs[drive] = [];
            }
        }
    }

    public T Read<T>(Func<IEnumerable<DriveFile>, T> read)
    {
        lock (_gate)
        {
            return read(_files.Values);
        }
    }

    public DriveFile? Find(string id)
    {
        lock (_gate)
        {
            return _files.GetValueOrDefault(id == "root" ? DriveSimulator.RootFolder : id);
        }
    }

    /// <summary>Whether the file or a folder above it is in the bin.</summary>
    public bool IsTrashed(DriveFile file)
    {
        lock (_gate)
        {
            for (var (at, steps) = (file, 0); at is not null && steps < 100; steps++)
            {
                if (at.Trashed)
                {
                    return true;
                }

                at = at.Parent is { } parent ? _files.GetValueOrDefault(parent) : null;
            }

            return false;
        }
    }

    public void Add(DriveFile file)
    {
        Seed(file);
        Log(file.Id, file.DriveId, removed: false);
    }

    public void Change(string id, Action<DriveFile, long> change)
    {
        string? before, after;
        lock (_gate)
        {
            var file = _files.GetValueOrDefault(id) ?? throw new ArgumentException($"There is no file {id}.", nameof(id));
            before = file.DriveId;
            change(file, Now);
            file.Version++;
            after = file.DriveId;
        }

        if (before != after)
        {
            Log(id, before, removed: true);
        }

        Log(id, after, removed: false);
    }

    public void Remove(string id)
    {
        DriveFile? file;
        lock (_gate)
        {
            if (!_files.Remove(id, out file))
            {
                throw new ArgumentException($"There is no file {id}.", nameof(id));
            }
        }

        Log(id, file.DriveId, removed: true);
    }

    /// <summary>The token of what is yet to come.</summary>
    public long? EndOf(string log)
    {
        lock (_gate)
        {
            return _logs.TryGetValue(log, out var entries) ? entries.Count + 1 : null;
        }
    }

    /// <summary>Entries from a token on; of those about one file, the newest alone.</summary>
    public List<FileChange> Since(string log, long token, int most)
    {
        lock (_gate)
        {
            var entries = _logs[log];
            var newest = entries.GroupBy(entry => entry.FileId).ToDictionary(group => group.Key, group => group.Max(entry => entry.No));
            return [.. entries.Skip((int)token - 1).Where(entry => newest[entry.FileId] == entry.No).Take(most)];
        }
    }

    private void Log(string id, string? drive, bool removed)
    {
        var log = drive ?? User;
        lock (_gate)
        {
            var entries = _logs.TryGetValue(log, out var known) ? known : _logs[log] = [];
            entries.Add(new FileChange(entries.Count + 1, id, removed, Now));
        }

        Changed?.Invoke(log);
    }
}
