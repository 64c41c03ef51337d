using System.Net;

namespace Sous.Plugins.Sdk.Testing.Wire;

/// <summary>A service that does not answer, or begins to and does not go on, from a request on.</summary>
internal sealed class HangingPlan(int place, bool inBody)
{
    private TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool InBody { get; } = inBody;

    /// <summary>Ends when the driver waits.</summary>
    public Task Begin()
    {
        _reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return _reached.Task;
    }

    public async Task<HttpResponseMessage> InterceptAsync(Exchange exchange, CancellationToken cancellationToken)
    {
        if (exchange.Number < place)
        {
            return await exchange.Send().ConfigureAwait(false);
        }

        if (!InBody)
        {
            _reached.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false);
        }

        var response = await exchange.Send().ConfigureAwait(false);
        var content = new HangingContent(_reached);
        foreach (var header in response.Content.Headers.NonValidated)
        {
            content.Headers.TryAddWithoutValidation(header.Key, header.Value);
        }

        response.Content.Dispose();
        response.Content = content;
        return response;
    }

    private sealed class HangingContent(TaskCompletionSource reached) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            reached.TrySetResult();
            return Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }

        protected override Task<Stream> CreateContentReadStreamAsync() => Task.FromResult<Stream>(new HangingStream(reached));

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    private sealed class HangingStream(TaskCompletionSource reached) : MemoryStream
    {
        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            reached.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false);
            return 0;
        }

        public override async Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken)
            => await ReadAsync(Memory<byte>.Empty, cancellationToken).ConfigureAwait(false);
    }
}
