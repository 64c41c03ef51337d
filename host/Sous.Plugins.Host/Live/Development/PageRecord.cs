using System.Text.Json.Nodes;

namespace Sous.Plugins.Host.Live.Development;

/// <summary>A change of a page in its canonical form.</summary>
/// <param name="Body">Null where the record is deleted.</param>
internal sealed record PageRecord(string Id, JsonNode? Body);
