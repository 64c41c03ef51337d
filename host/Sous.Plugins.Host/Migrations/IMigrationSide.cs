using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Migrations;

/// <summary>
/// One of the places that stores can stand in, kept from hosts until it is disposed. A failure of it is a <see cref="StorageException"/>.
/// What changes it is durable when the task completes, and killed at any moment it leaves what can be told from <see cref="LookAsync"/>.
/// </summary>
internal interface IMigrationSide : IAsyncDisposable
{
    /// <summary>For sentences.</summary>
    string Where { get; }

    /// <summary>Writes nothing.</summary>
    Task<SideState> LookAsync(CancellationToken cancellationToken);

    /// <summary>What the boot gate judges.</summary>
    Task<VaultState> ReadVaultAsync(CancellationToken cancellationToken);

    /// <summary>The table's rows in any order, a value for each column, as they are read.</summary>
    IAsyncEnumerable<object?[]> ReadAsync(CopiedTable table, CancellationToken cancellationToken);

    /// <summary>The greatest number that was given to a row of a table that is numbered.</summary>
    Task<long> ReadCounterAsync(CopiedTable table, CancellationToken cancellationToken);

    /// <summary>Leaves the mark, puts aside what was moved from here, and makes the tables where there are none.</summary>
    /// <returns>The mark as it stands now.</returns>
    Task<MigrationMark> BeginAsync(MigrationMark mark, CancellationToken cancellationToken);

    /// <summary>Puts these rows in the place of all that the table holds, and then the mark.</summary>
    /// <param name="rows">Read once, or again from the beginning where a try failed.</param>
    /// <param name="counter">No number up to this one is given again.</param>
    Task ReplaceAsync(CopiedTable table, Func<IAsyncEnumerable<object?[]>> rows, long counter, MigrationMark mark, CancellationToken cancellationToken);

    /// <summary>Gives the feeds their new life and puts the documents in place, and then the mark, which tells of it.</summary>
    /// <param name="documents">By their collection.</param>
    Task MakeReadyAsync(FeedEpoch epoch, IReadOnlyList<(string Collection, RegistryEntry Entry)> documents, MigrationMark mark, CancellationToken cancellationToken);

    /// <summary>Takes the mark away: hosts may begin to work here.</summary>
    Task OpenAsync(CancellationToken cancellationToken);

    /// <summary>No host begins to work here from now on.</summary>
    Task CloseAsync(MovedMark mark, CancellationToken cancellationToken);
}
