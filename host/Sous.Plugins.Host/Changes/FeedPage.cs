namespace Sous.Plugins.Host.Changes;

/// <summary>A part of a tenant's change feed.</summary>
/// <param name="Feed">The feed's epoch: another one means that the reader must start over.</param>
/// <param name="Next">The sequence to read past next; it moves past entries that the filter left out.</param>
internal sealed record FeedPage(string Feed, IReadOnlyList<FeedEntry> Changes, long Next, bool More);
