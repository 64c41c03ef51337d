namespace Sous.Plugins.Sdk;

/// <summary>Makes changes.</summary>
public static class Change
{
    /// <summary>The record is new or changed.</summary>
    /// <typeparam name="T">The canonical record.</typeparam>
    /// <param name="id">The service's own id of the record.</param>
    /// <param name="record">The whole record.</param>
    /// <param name="raw">The service's own JSON of it, UTF-8.</param>
    public static Change<T> Upsert<T>(string id, T record, ReadOnlyMemory<byte> raw = default)
        where T : class
        => new(ChangeKind.Upsert, id, record) { Raw = raw };

    /// <summary>The record is gone at the service.</summary>
    /// <typeparam name="T">The canonical record.</typeparam>
    /// <param name="id">The service's own id of the record.</param>
    public static Change<T> Delete<T>(string id)
        where T : class
        => new(ChangeKind.Delete, id, null);
}
