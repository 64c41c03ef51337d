namespace Sous.Plugins.Host;

/// <summary>What the command line says over configuration files and environment. Null leaves theirs.</summary>
internal sealed record HostSettings
{
    /// <summary>Addresses to listen on, separated by semicolons. Default <c>http://localhost:5080</c>.</summary>
    public string? Urls { get; init; }

    /// <summary>Data folder. Default <c>./data</c>.</summary>
    public string? Data { get; init; }

    /// <summary>The plugins.json. Default <c>./plugins.json</c>.</summary>
    public string? Plugins { get; init; }

    /// <summary>Further configuration by key, over everything else.</summary>
    public IReadOnlyDictionary<string, string?> Overrides { get; init; } = new Dictionary<string, string?>();

    /// <summary>What the environment said earlier, by key; null for what it says now.</summary>
    public IReadOnlyList<KeyValuePair<string, string?>>? Environment { get; init; }

    public IEnumerable<KeyValuePair<string, string?>> ToConfiguration()
    {
        (string Key, string? Value)[] named = [("Urls", Urls), ("Data", Data), ("Plugins", Plugins)];
        return named.Where(static pair => pair.Value is not null)
            .Select(static pair => KeyValuePair.Create(pair.Key, pair.Value))
            .Concat(Overrides);
    }
}
