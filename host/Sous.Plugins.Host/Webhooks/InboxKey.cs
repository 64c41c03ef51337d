using Sous.Plugins.Host.Connections;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Webhooks;

namespace Sous.Plugins.Host.Webhooks;

/// <summary>What events of a connection ask for: a stream to be fetched, or its grant to be looked at. Done in order, one at a time.</summary>
internal readonly record struct InboxKey(ConnectionId Connection, string Work)
{
    public const string Grant = "grant";

    /// <summary>All that can be asked for.</summary>
    public static readonly IReadOnlyList<string> Works = [StreamName.Sales.Value, StreamName.Catalog.Value, StreamName.Files.Value, Grant];

    /// <returns>Null where the kind asks for nothing.</returns>
    public static string? WorkOf(ServiceEventKind kind) => kind switch
    {
        ServiceEventKind.OrderCreated or ServiceEventKind.OrderUpdated => StreamName.Sales.Value,
        ServiceEventKind.CatalogChanged => StreamName.Catalog.Value,
        ServiceEventKind.FileChanged => StreamName.Files.Value,
        ServiceEventKind.GrantRevoked => Grant,
        _ => null,
    };

    public override string ToString() => $"{Connection}/{Work}";
}
