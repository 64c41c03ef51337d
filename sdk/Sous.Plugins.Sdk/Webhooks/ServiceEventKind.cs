namespace Sous.Plugins.Sdk.Webhooks;

/// <summary>What a service tells of.</summary>
public enum ServiceEventKind
{
    /// <summary>An order is new.</summary>
    OrderCreated,

    /// <summary>An order changed, or something that belongs to it.</summary>
    OrderUpdated,

    /// <summary>The catalogue changed.</summary>
    CatalogChanged,

    /// <summary>A file changed.</summary>
    FileChanged,

    /// <summary>The owner or the service withdrew the grant.</summary>
    GrantRevoked,

    /// <summary>Something that the driver makes nothing of.</summary>
    Other,
}
