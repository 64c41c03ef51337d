using System.Globalization;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Drivers.Generations;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Syncing;

/// <summary>One call into a driver's code, so that whatever it does comes back as one of two exceptions, in time.</summary>
internal static class DriverCall
{
    /// <exception cref="DriverException">The driver said what is wrong, or did not answer in time.</exception>
    /// <exception cref="DriverDefectException">It threw something else.</exception>
    public static Task<T> RunAsync<T>(Func<CancellationToken, ValueTask<T>> call, TimeSpan timeout, TimeProvider clock, CancellationToken cancellationToken)
        => RunAsync(call, null, timeout, clock, cancellationToken);

    /// <param name="use">Of the generation that is called, where a call that does not come back would not hold its session open.</param>
    /// <inheritdoc cref="RunAsync{T}(Func{CancellationToken, ValueTask{T}}, TimeSpan, TimeProvider, CancellationToken)"/>
    public static async Task<T> RunAsync<T>(Func<CancellationToken, ValueTask<T>> call, GenerationUse? use, TimeSpan timeout, TimeProvider clock, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(timeout, clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        using var told = new DriverToken(linked.Token);
        var token = told.Token;
        // On a thread of its own: a driver that blocks is left behind, not waited for.
        var running = Task.Run(() => call(token).AsTask(), CancellationToken.None);
        try
        {
            return await running.WaitAsync(linked.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DriverException(FailureKind.Transient, string.Create(CultureInfo.InvariantCulture, $"The service did not answer within {timeout.TotalSeconds:0} seconds."));
        }
        catch (Exception e) when (e is not (DriverException or StorageException or CredentialException or OperationCanceledException))
        {
            throw new DriverDefectException(e);
        }
        finally
        {
            use?.LeaveBehind(running);
        }
    }
}
