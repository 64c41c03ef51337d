namespace Sous.Plugins.Host.Storage;

internal static class RegistryExtensions
{
    /// <summary>A write without a result of its own.</summary>
    public static Task WriteAsync(this IRegistry registry, Action<IRegistryTransaction> work, CancellationToken cancellationToken) =>
        registry.WriteAsync(
            transaction =>
            {
                work(transaction);
                return true;
            },
            cancellationToken);
}
