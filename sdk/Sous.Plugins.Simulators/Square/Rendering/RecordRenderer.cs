using System.Buffers;
using System.Text.Json;

namespace Sous.Plugins.Simulators.Square.Rendering;

/// <summary>Renders records to JSON once and keeps the bytes close together in large blocks. Not for two threads at once.</summary>
internal sealed class RecordRenderer : IDisposable
{
    private const int BlockSize = 1024 * 1024;
    private readonly ArrayBufferWriter<byte> _scratch = new(16 * 1024);
    private readonly Utf8JsonWriter _writer;
    private byte[] _block = [];
    private int _used;

    public RecordRenderer() => _writer = new Utf8JsonWriter(_scratch, new JsonWriterOptions { SkipValidation = true });

    public ReadOnlyMemory<byte> Render<T>(T record, Action<Utf8JsonWriter, T> write)
    {
        _scratch.ResetWrittenCount();
        _writer.Reset();
        write(_writer, record);
        _writer.Flush();
        return Store(_scratch.WrittenSpan);
    }

    public void Dispose() => _writer.Dispose();

    private ReadOnlyMemory<byte> Store(ReadOnlySpan<byte> json)
    {
        if (_used + json.Length > _block.Length)
        {
            _block = GC.AllocateUninitializedArray<byte>(Math.Max(BlockSize, json.Length));
            _used = 0;
        }

        var kept = _block.AsMemory(_used, json.Length);
        json.CopyTo(kept.Span);
        _used += json.Length;
        return kept;
    }
}
