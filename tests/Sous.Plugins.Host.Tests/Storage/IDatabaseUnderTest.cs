namespace Sous.Plugins.Host.Tests.Storage;

/// <summary>The database that a store under test is kept in, and what befalls it from outside.</summary>
internal interface IDatabaseUnderTest : IAsyncDisposable
{
    /// <summary>What a failure names it by.</summary>
    string Name { get; }

    /// <summary>Opens the stores in it, for the first time or beside those of a host that was killed.</summary>
    Task<StoresUnderTest> OpenAsync();

    /// <summary>What a restore does to the feeds; no store has it open.</summary>
    Task RenewEpochAsync(DateTimeOffset now);

    /// <summary>No entry of a record with that id can be written, as with a full disk, until <see cref="MendAsync"/>.</summary>
    Task BreakAsync(string id);

    Task MendAsync();

    /// <summary>Runs a statement.</summary>
    /// <returns>The number that it answers with, 0 for none.</returns>
    Task<long> ExecuteAsync(string sql);
}
