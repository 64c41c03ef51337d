using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Migrations;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Tests.Migrations;

/// <summary>A side that loses what is on its way to a table: each row, as it comes, becomes what is given.</summary>
internal sealed class AlteringSide(IMigrationSide inner, string table, Func<object?[], object?[]?> alter) : IMigrationSide
{
    public string Where => inner.Where;

    public Task<SideState> LookAsync(CancellationToken cancellationToken) => inner.LookAsync(cancellationToken);

    public Task<VaultState> ReadVaultAsync(CancellationToken cancellationToken) => inner.ReadVaultAsync(cancellationToken);

    public IAsyncEnumerable<object?[]> ReadAsync(CopiedTable table, CancellationToken cancellationToken) => inner.ReadAsync(table, cancellationToken);

    public Task<long> ReadCounterAsync(CopiedTable table, CancellationToken cancellationToken) => inner.ReadCounterAsync(table, cancellationToken);

    public Task<MigrationMark> BeginAsync(MigrationMark mark, CancellationToken cancellationToken) => inner.BeginAsync(mark, cancellationToken);

    public Task ReplaceAsync(CopiedTable copied, Func<IAsyncEnumerable<object?[]>> rows, long counter, MigrationMark mark, CancellationToken cancellationToken)
        => inner.ReplaceAsync(copied, () => copied.Name == table ? rows().Select(alter).OfType<object?[]>() : rows(), counter, mark, cancellationToken);

    public Task MakeReadyAsync(FeedEpoch epoch, IReadOnlyList<(string Collection, RegistryEntry Entry)> documents, MigrationMark mark, CancellationToken cancellationToken)
        => inner.MakeReadyAsync(epoch, documents, mark, cancellationToken);

    public Task OpenAsync(CancellationToken cancellationToken) => inner.OpenAsync(cancellationToken);

    public Task CloseAsync(MovedMark mark, CancellationToken cancellationToken) => inner.CloseAsync(mark, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
