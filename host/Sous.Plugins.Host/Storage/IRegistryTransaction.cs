namespace Sous.Plugins.Host.Storage;

/// <summary>The registry as one write sees it: everything written before, and its own changes. Valid only inside its work, on its thread.</summary>
internal interface IRegistryTransaction
{
    T? Find<T>(RegistryCollection<T> collection, string key)
        where T : class;

    /// <inheritdoc cref="IRegistry.ListAsync"/>
    IReadOnlyList<T> List<T>(RegistryCollection<T> collection, string keyPrefix)
        where T : class;

    /// <summary>Inserts or replaces the document of that key.</summary>
    void Put<T>(RegistryCollection<T> collection, T document)
        where T : class;

    /// <returns>Whether there was one.</returns>
    bool Delete<T>(RegistryCollection<T> collection, string key)
        where T : class;
}
