using System.Globalization;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Syncing;

/// <summary>One call into a driver's code, so that whatever it does comes back as one of two exceptions, in time.</summary>
internal static class DriverCall
{
    /// <exception cref="DriverException">The driver said what is wrong, or did not answer in time.</exception>
    /// <exception cref="DriverDefectException">It threw something else.</exception>
    public static async Task<T> RunAsync<T>(Func<CancellationToken, ValueTask<T>> call, TimeSpan timeout, TimeProvider clock, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(timeout, clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        var token = linked.Token;
        try
        {
            // On a thread of its own: a driver that blocks is left behind, not waited for.
            return await Task.Run(() => call(token).AsTask(), CancellationToken.None).WaitAsync(token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DriverException(FailureKind.Transient, string.Create(CultureInfo.InvariantCulture, $"The service did not answer within {timeout.TotalSeconds:0} seconds."));
        }
        catch (Exception e) when (e is not (DriverException or StorageException or CredentialException or OperationCanceledException))
        {
            throw new DriverDefectException(e);
        }
    }
}
