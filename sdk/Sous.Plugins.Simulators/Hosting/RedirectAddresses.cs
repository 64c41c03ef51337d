namespace Sous.Plugins.Simulators.Hosting;

/// <summary>Where a client may have its owners sent back to: what is registered or, where nothing is, the first address that is asked for. Plain http is for loopback alone.</summary>
internal sealed class RedirectAddresses(IEnumerable<string> registered)
{
    private readonly Lock _gate = new();
    private readonly List<string> _known = [.. registered];

    /// <summary>What stands for none, or null.</summary>
    public string? Usual
    {
        get
        {
            lock (_gate)
            {
                return _known.FirstOrDefault();
            }
        }
    }

    public bool Takes(string asked)
    {
        lock (_gate)
        {
            if (_known.Count == 0 && Uri.TryCreate(asked, UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttps || uri is { Scheme: "http", IsLoopback: true }))
            {
                _known.Add(asked);
            }

            return _known.Contains(asked);
        }
    }
}
