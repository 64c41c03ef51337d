using System.Threading.Channels;

namespace Sous.Plugins.Host.Cli.Development;

/// <summary>Tells when the sources of a project changed and are quiet again. What changes while nobody waits is told to the next who does, once.</summary>
internal sealed class SourceWatch : IDisposable
{
    /// <summary>An editor that saves, or a tool that rewrites many files, does so within it.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(300);

    private static readonly string[] s_made = ["bin", "obj", "plugins", "artifacts", "TestResults"];

    private readonly Channel<bool> _changed = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly FileSystemWatcher _watcher;
    private readonly TimeProvider _clock;
    private readonly string _folder;

    public SourceWatch(string folder, TimeProvider clock)
    {
        (_folder, _clock) = (folder, clock);
        _watcher = new FileSystemWatcher(folder) { IncludeSubdirectories = true, NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite | NotifyFilters.Size };
        _watcher.Changed += (_, change) => Take(change.FullPath);
        _watcher.Created += (_, change) => Take(change.FullPath);
        _watcher.Deleted += (_, change) => Take(change.FullPath);
        _watcher.Renamed += (_, change) => Take(change.FullPath);
        // Too much at once to be told one by one: something changed.
        _watcher.Error += (_, _) => _changed.Writer.TryWrite(true);
        _watcher.EnableRaisingEvents = true;
    }

    /// <summary>Returns once something changed since the last time, and nothing more for a while.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        await _changed.Reader.ReadAsync(cancellationToken);
        do
        {
            await Task.Delay(Quiet, _clock, cancellationToken);
        }
        while (_changed.Reader.TryRead(out _));
    }

    /// <summary>Whether a file is the author's: not what a build makes, nor what an editor keeps for itself.</summary>
    public static bool IsSource(string relative)
    {
        var parts = relative.Split(Path.DirectorySeparatorChar);
        return !parts.Any(static part => part.StartsWith('.')) && !s_made.Contains(parts[0], StringComparer.Ordinal) && !parts[^1].EndsWith('~') && parts[^1] != "4913";
    }

    public void Dispose() => _watcher.Dispose();

    private void Take(string path)
    {
        if (IsSource(Path.GetRelativePath(_folder, path)))
        {
            _changed.Writer.TryWrite(true);
        }
    }
}
