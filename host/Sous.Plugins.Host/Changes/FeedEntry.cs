using System.Text.Json.Serialization;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Changes;

/// <summary>One entry of a tenant's change feed.</summary>
internal sealed record FeedEntry
{
    public required long Sequence { get; init; }

    public required StreamName Stream { get; init; }

    public required string Type { get; init; }

    public required ChangeKind Kind { get; init; }

    public required ConnectionId Connection { get; init; }

    /// <summary>The platform's own id of the location, or null where the record belongs to none.</summary>
    public string? Location { get; init; }

    public required string Id { get; init; }

    /// <summary>The record's version in this feed, from 1.</summary>
    public required long Version { get; init; }

    public required DateTimeOffset ChangedAt { get; init; }

    /// <summary>Its place among the sales of business days, where it was read as one of them.</summary>
    [JsonIgnore]
    public SalesPosition? Position { get; init; }

    /// <summary>Canonical JSON, UTF-8; empty with a delete.</summary>
    [JsonPropertyName("record")]
    public required ReadOnlyMemory<byte> Body { get; init; }
}
