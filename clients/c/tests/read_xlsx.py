"""Reads a workbook back, as a spreadsheet would, and prints it for a test to compare.

usage: read_xlsx.py FILE

    property NAME=VALUE           of the document
    sheet NAME frozen=ROWS        each worksheet, then its rows
    1.5|"text"|                   numbers as they are, texts as JSON, empty cells empty
"""

import json
import re
import sys
import xml.etree.ElementTree as ElementTree
import zipfile

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def text_of(cell):
    text = "".join(part.text or "" for part in cell.iter(MAIN + "t"))
    return re.sub("_x([0-9A-Fa-f]{4})_", lambda match: chr(int(match.group(1), 16)), text)


def column_of(reference):
    number = 0
    for letter in re.match("[A-Z]+", reference).group():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def row_of(row):
    cells = []
    for cell in row:
        while len(cells) < column_of(cell.get("r")):
            cells.append("")
        if cell.find(MAIN + "f") is not None:
            raise SystemExit(f"no formula expected, found one in {cell.get('r')}")
        if cell.get("t") == "inlineStr":
            cells.append(json.dumps(text_of(cell), ensure_ascii=False))
        else:
            cells.append(cell.find(MAIN + "v").text)
    return "|".join(cells)


def main():
    with zipfile.ZipFile(sys.argv[1]) as archive:
        if archive.testzip() is not None:
            raise SystemExit("whole entries expected, found a broken one")
        for prop in ElementTree.fromstring(archive.read("docProps/custom.xml")):
            print(f"property {prop.get('name')}={prop[0].text}")
        sheets = ElementTree.fromstring(archive.read("xl/workbook.xml")).find(MAIN + "sheets")
        for index, sheet in enumerate(sheets):
            root = ElementTree.fromstring(archive.read(f"xl/worksheets/sheet{index + 1}.xml"))
            pane = root.find(f".//{MAIN}pane")
            print(f"sheet {sheet.get('name')} frozen={pane.get('ySplit')}")
            for row in root.find(MAIN + "sheetData"):
                print(row_of(row))


main()
