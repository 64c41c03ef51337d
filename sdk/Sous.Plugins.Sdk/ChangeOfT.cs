namespace Sous.Plugins.Sdk;

/// <summary>One change of one record.</summary>
/// <typeparam name="T">The canonical record.</typeparam>
/// <param name="Kind">Whether the record is there or gone.</param>
/// <param name="Id">The service's own id of the record, stable over its life, at most 200 characters.</param>
/// <param name="Record">The whole record with an upsert, null with a delete.</param>
public sealed record Change<T>(ChangeKind Kind, string Id, T? Record)
    where T : class
{
    /// <summary>The service's own JSON of the record, UTF-8, kept encrypted and for a limited time; empty where there is none.</summary>
    public ReadOnlyMemory<byte> Raw { get; init; }
}
