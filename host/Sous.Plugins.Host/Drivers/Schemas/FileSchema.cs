using System.Text.Json;
using Json.Schema;

namespace Sous.Plugins.Host.Drivers.Schemas;

/// <summary>The schema of a file that the host reads at each start. Safe for many threads.</summary>
internal sealed class FileSchema(ReadOnlyMemory<byte> utf8)
{
    private readonly QuickSchema _quick = new(JsonElement.Parse(utf8.Span));

    /// <summary>Every objection to an instance, once per place; none for a good one.</summary>
    public IReadOnlyList<SchemaError> Validate(JsonElement instance) => _quick.Accepts(instance) ? [] : Explain(instance);

    private IReadOnlyList<SchemaError> Explain(JsonElement instance) => JsonChecks.Validate(JsonSchema.FromText(System.Text.Encoding.UTF8.GetString(utf8.Span)), instance);
}
