namespace Sous.Plugins.Host.Live.Development;

/// <summary>Which page; what is left out is the recorded one's, or chosen by the host.</summary>
/// <param name="Connection">A connection of the driver; needed where there are several.</param>
/// <param name="Stream">A stream that the driver offers; its first one otherwise.</param>
/// <param name="Location">A location by the service's id; the first one that has records otherwise.</param>
internal sealed record PageRequest(string? Connection, string? Stream, string? Location);
