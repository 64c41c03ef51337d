using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Migrations;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Tests.Migrations;

/// <summary>A side on which everything ends at a step, as with a process that is killed there: what it had done by then stands.</summary>
/// <param name="step">Such as <c>replace changes</c>, with <c>before</c>, <c>amid</c> or <c>after</c> in front.</param>
internal sealed class StoppingSide(IMigrationSide inner, string step) : IMigrationSide
{
    public string Where => inner.Where;

    public Task<SideState> LookAsync(CancellationToken cancellationToken) => inner.LookAsync(cancellationToken);

    public Task<VaultState> ReadVaultAsync(CancellationToken cancellationToken) => inner.ReadVaultAsync(cancellationToken);

    public IAsyncEnumerable<object?[]> ReadAsync(CopiedTable table, CancellationToken cancellationToken) => inner.ReadAsync(table, cancellationToken);

    public Task<long> ReadCounterAsync(CopiedTable table, CancellationToken cancellationToken) => inner.ReadCounterAsync(table, cancellationToken);

    public Task<MigrationMark> BeginAsync(MigrationMark mark, CancellationToken cancellationToken) => StepAsync("begin", () => inner.BeginAsync(mark, cancellationToken));

    public Task ReplaceAsync(CopiedTable table, Func<IAsyncEnumerable<object?[]>> rows, long counter, MigrationMark mark, CancellationToken cancellationToken) => StepAsync(
        $"replace {table.Name}",
        async () =>
        {
            await inner.ReplaceAsync(table, () => step == $"amid replace {table.Name}" ? StoppedAsync(rows()) : rows(), counter, mark, cancellationToken);
            return true;
        });

    public Task MakeReadyAsync(FeedEpoch epoch, IReadOnlyList<(string Collection, RegistryEntry Entry)> documents, MigrationMark mark, CancellationToken cancellationToken) => StepAsync(
        "ready",
        async () =>
        {
            await inner.MakeReadyAsync(epoch, documents, mark, cancellationToken);
            return true;
        });

    public Task OpenAsync(CancellationToken cancellationToken) => StepAsync(
        "open",
        async () =>
        {
            await inner.OpenAsync(cancellationToken);
            return true;
        });

    public Task CloseAsync(MovedMark mark, CancellationToken cancellationToken) => StepAsync(
        "close",
        async () =>
        {
            await inner.CloseAsync(mark, cancellationToken);
            return true;
        });

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private async Task<T> StepAsync<T>(string name, Func<Task<T>> work)
    {
        Stop($"before {name}");
        var result = await work();
        Stop($"after {name}");
        return result;
    }

    private static async IAsyncEnumerable<object?[]> StoppedAsync(IAsyncEnumerable<object?[]> rows)
    {
        await foreach (var row in rows)
        {
            yield return row;
            throw new KilledException();
        }
    }

    private void Stop(string at)
    {
        if (at == step)
        {
            throw new KilledException();
        }
    }
}
