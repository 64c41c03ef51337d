using System.Text.Json;
using System.Text.Json.Serialization;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.GoogleDrive;

/// <summary>
/// How far the watch of a connection's folders has come: the folders, a token into each log of changes, and what is still to
/// be listed. The tokens are older than the listings, so what changes meanwhile is met again in the log. Its names are short:
/// ten folders, and ten that they took the place of, must leave room for one of Drive's page tokens.
/// </summary>
internal sealed record WatchPosition
{
    /// <summary>Names the user's own log; a shared drive's is named by its id.</summary>
    public const string User = "";

    [JsonPropertyName("f")]
    public required List<WatchedFolder> Folders { get; init; }

    /// <summary>Page tokens, by the log that they belong to.</summary>
    [JsonPropertyName("t")]
    public required SortedDictionary<string, string> Tokens { get; init; }

    /// <summary>Folders that left the view, whose files are to be handed over as gone.</summary>
    [JsonPropertyName("d")]
    public List<DroppedFolder> Drops { get; init; } = [];

    /// <summary>Folders that came into view and are to be listed, after the drops, by their own ids.</summary>
    [JsonPropertyName("l")]
    public List<string> Listings { get; init; } = [];

    /// <summary>Page token within the first of the drops, or of the listings.</summary>
    [JsonPropertyName("p")]
    public string? Page { get; init; }

    /// <summary>The listings are of everything: what they do not name is gone.</summary>
    [JsonPropertyName("c")]
    public bool Complete { get; init; }

    /// <summary>How often a listing had to begin anew.</summary>
    [JsonPropertyName("r")]
    public int Restarts { get; init; }

    [JsonIgnore]
    public bool HasSteps => Drops.Count > 0 || Listings.Count > 0;

    /// <exception cref="DriverException">The checkpoint is not this driver's.</exception>
    public static WatchPosition? Read(Checkpoint? checkpoint)
    {
        try
        {
            return checkpoint is null ? null : JsonSerializer.Deserialize(checkpoint.Value, DriveJson.Default.WatchPosition);
        }
        catch (JsonException e)
        {
            throw new DriverException(FailureKind.Misconfigured, "The checkpoint of the watched folders cannot be read; reset it.", inner: e);
        }
    }

    public Checkpoint ToCheckpoint() => new(JsonSerializer.Serialize(this, DriveJson.Default.WatchPosition));

    /// <summary>With a page of the first step done.</summary>
    public WatchPosition After(string? nextPage) => (nextPage, Drops.Count) switch
    {
        ({ } page, _) => this with { Page = page },
        (_, > 0) => this with { Drops = Drops[1..], Page = null, Restarts = 0 },
        _ => this with { Listings = Listings[1..], Page = null, Restarts = 0, Complete = Complete && Listings.Count > 1 },
    };

    public WatchPosition WithToken(string log, string token) => this with { Tokens = new(Tokens) { [log] = token } };

    /// <summary>Without the logs that no folder needs any more. To be done when they were read to their end.</summary>
    public WatchPosition Pruned()
    {
        var needed = Folders.Select(folder => folder.Log).ToHashSet();
        return Tokens.Keys.All(needed.Contains) ? this : this with { Tokens = new(Tokens.Where(token => needed.Contains(token.Key)).ToDictionary()) };
    }
}

/// <summary>A folder that is watched.</summary>
/// <param name="Id">As the settings name it.</param>
/// <param name="Own">Its own id, where the settings name a shortcut or an alias; otherwise null.</param>
/// <param name="Drive">The shared drive that it is on, or null.</param>
/// <param name="Gone">It lies in the bin, or cannot be seen any more.</param>
internal sealed record WatchedFolder(
    [property: JsonPropertyName("i")] string Id,
    [property: JsonPropertyName("o")] string? Own,
    [property: JsonPropertyName("d")] string? Drive,
    [property: JsonPropertyName("g")] bool Gone = false)
{
    [JsonIgnore]
    public string Target => Own ?? Id;

    [JsonIgnore]
    public string Log => Drive ?? WatchPosition.User;
}

/// <summary>A folder that left the view.</summary>
internal sealed record DroppedFolder([property: JsonPropertyName("i")] string Target, [property: JsonPropertyName("d")] string? Drive);
